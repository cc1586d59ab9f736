# escape=`
# a comment
FROM busybox
ENV path=C:\dir\file win=a`
b quoted="x\y" bt="a``b"
RUN echo one `
  # comment inside
  two > /out
WORKDIR /a`
b
