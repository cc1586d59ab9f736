FROM busybox AS broken
RUN false
FROM broken AS also
RUN echo never
FROM busybox
RUN echo built > /built
