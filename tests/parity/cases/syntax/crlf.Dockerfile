FROM busybox
RUN echo crlf > /crlf
ENV a=b \
  c=d
CMD ["x"]
