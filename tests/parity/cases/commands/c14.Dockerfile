FROM busybox
HEALTHCHECK --interval=5s --timeout=3s --start-period=1m30s --retries=4 CMD ["check", "it"]
