FROM busybox
cmd lower
entrypoint ["case"]
