FROM busybox
COPY ctx /ctx
COPY ctx/link /link-followed
COPY ctx/dirlink /dirlink-followed
COPY ctx/dirlink/ /dirlink2/
COPY ctx/hard1 ctx/hard2 /hard/
COPY ctx/* /glob/
RUN ln /ctx/hard1 /ctx/hard3; ln -s /abs /ctx/abs; ln -sf other /ctx/link; mkfifo /run-fifo; chmod 6755 /ctx/exec; mknod /null c 1 3; mknod /blk b 7 9
RUN ln /bin/busybox /bb-hard && chmod 1777 /ctx/dir
RUN mkdir /dest /real && ln -s /real /dest/in && ln -s ../real /dest/rel && ln -s /missing /dest/broken
COPY ctx/dir /dest/in
COPY ctx/dir /dest/rel/
COPY ctx/hard1 /dest/in/sub/file
COPY ctx/hard1 /dest/tolink
RUN ln -s /real/out /dest/filelink && echo old > /real/out
COPY ctx/hard2 /dest/filelink
RUN setcap 2>/dev/null; true
