FROM busybox
VOLUME ["/x/../y", "/z/"]
