FROM busybox
VOLUME ["/c d", "/e"]
