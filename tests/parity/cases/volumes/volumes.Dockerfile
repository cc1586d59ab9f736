FROM busybox
RUN mkdir -p /before && echo before > /before/file
VOLUME /before /vol
RUN echo lost > /before/lost; echo lost > /vol/lost 2>/dev/null; echo kept > /kept
COPY f /vol/copied
COPY f /before/
ADD f /before/sub/
RUN echo also > /before/also; ls /before > /seen; ls /vol > /seenvol
WORKDIR /vol/work
VOLUME ["/etc"]
RUN echo user:x:1:1::/: >> /etc/passwd
USER 5
