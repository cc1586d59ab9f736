FROM busybox
RUN mkdir -p /d/sub/deep /keep /e && for i in 1 2 3; do echo $i > /d/f$i; echo $i > /d/sub/f$i; echo $i > /e/f$i; done; ln -s d /l; echo file > /file
RUN rm /d/f1 /d/sub/f2
RUN rm -rf /d/sub && mkdir /d/sub && echo new > /d/sub/new
RUN rm -rf /e && echo "file instead of dir" > /e
RUN rm /file && mkdir /file && echo in > /file/in
RUN rm /l && mkdir /l && echo inl > /l/x
RUN mv /d /moved && mkdir /d && echo back > /d/f1
RUN rm -rf /home /var/www && mv /moved/sub /moved/sub2
RUN rm -rf /keep
COPY f /keep/f
COPY f /e2/f
RUN rm /e && mkdir /e && echo again > /e/f1
RUN rm /etc/group; chmod 700 /etc; chown 4:5 /tmp; touch /bin/busybox; chmod 711 /moved/f3
RUN ln -f /moved/f2 /moved/f4; rm /moved/f2
RUN mkdir -p /o/a/b /o/c && echo 1 > /o/a/b/1
RUN rm -rf /o/a && mkdir -p /o/a/b && echo 2 > /o/a/b/2
COPY tree /o
RUN rm -rf /o/a/b && echo file > /o/a/b
