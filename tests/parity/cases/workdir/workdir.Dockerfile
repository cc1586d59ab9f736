FROM busybox
WORKDIR /one
WORKDIR two
WORKDIR ./three/../four
RUN pwd > here
ENV BASE=/env SUB="with space"
WORKDIR $BASE/${SUB}/x
COPY f .
COPY f sub/
COPY f ../up
WORKDIR /etc
WORKDIR /link/below
RUN mkdir -p /target && ln -s /target /ln
WORKDIR /ln/in
RUN pwd > /pwd; pwd -P > /pwdp
WORKDIR /trailing/
WORKDIR "/quoted"
