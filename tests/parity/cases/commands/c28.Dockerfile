FROM busybox
USER 5
