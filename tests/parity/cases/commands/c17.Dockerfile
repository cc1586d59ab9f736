FROM busybox
HEALTHCHECK --interval=100ms CMD x
HEALTHCHECK --timeout=1h CMD y
