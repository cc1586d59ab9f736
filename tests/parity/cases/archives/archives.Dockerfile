FROM busybox
ADD a.tar.gz /gz/
ADD a.tar.xz /xz
ADD a.tar.bz2 /bz2/
ADD a.tar /plain/
ADD a.zip /zip/
ADD just.gz /just/
COPY a.tar.gz /copied/
ADD a.tar a.tar.gz /several/
ADD a.tar /etc/passwd.d/
RUN mkdir -p /existing/dir && echo old > /existing/file && chmod 700 /existing/dir
ADD a.tar /existing
ADD notatar.tar /nota/
ADD *.bz2 /glob/
ADD --chown=9:10 a.tar /chowned/
