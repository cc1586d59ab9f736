FROM busybox
RUN ["/bin/sh", "-c", "echo exec > /exec"]
RUN [ -d /bin ] && echo yes > /test
