FROM busybox
ONBUILD COPY data /data
ONBUILD RUN echo "$GREETING" > /greeting && cp /data/one /two
ONBUILD ENV TRIGGERED=yes
ONBUILD USER 3
ENV GREETING="hello  there"
WORKDIR /home/base
ONBUILD WORKDIR sub
