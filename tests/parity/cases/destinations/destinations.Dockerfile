FROM busybox
COPY f /plain
COPY f /folder/
COPY f /folder
COPY f g /two/
COPY dir /dirnew
COPY dir /dirslash/
COPY dir/ /dirsrc
COPY dir dir2 /merged/
COPY dir/. /dot
COPY dir/* /star/
COPY ?  /question/
COPY [f-g] /class/
COPY d*/x* /deepglob/
COPY ["with space", "/space dir/"]
COPY ["with space", "f", "/space dir 2/"]
COPY . /everything/
COPY f .
COPY f ./
COPY f rel/
COPY f rel2
COPY /f /abs
COPY ./f //double//slash
COPY dir/../f /dotdot
RUN mkdir -p /have/x1 && echo old > /have/sub && chmod 700 /have
COPY dir/sub /have/sub2/
COPY dir/x1 /have/x1
COPY dir /have3/a/b/c
COPY f /etc
COPY f /etc/passwd
COPY emptydir /emptydir
COPY dir emptydir f /mix/
RUN mkdir -m 700 /modes && mkdir -m 711 /modes/sub
COPY dir /modes
ADD f dir/x1 /added/
ADD dir /addeddir
ADD emptydir /etc/
