# syntax=docker/dockerfile:1
FROM debian:12 AS tools
RUN mkdir -p /opt/tools
FROM debian:12
ARG CACHE=/root/.cache
RUN --mount=type=bind,from=tools,source=/opt/tools,target=/tools ls /tools
RUN --mount=type=bind,target=/ctx,readwrite touch /ctx/x
RUN --mount=type=bind,target=/ctx,readonly=false true
RUN --mount=type=cache,target=${CACHE},id=c1,sharing=private,uid=1000,gid=1000,mode=0700 true
RUN --mount=type=cache,target=/c2,from=tools,source=/opt,ro true
RUN --mount=type=tmpfs,target=/scratch,size=64m dd if=/dev/zero of=/scratch/f bs=1M count=1
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,mode=0400,uid=0,gid=0 true
RUN --mount=type=secret,id=token,env=TOKEN,required test -n "$TOKEN"
RUN --mount=type=secret,target=/run/plain true
RUN --mount=type=ssh ssh-add -l || true
RUN --mount=type=ssh,id=gh,target=/run/agent.sock,mode=0600,uid=10,gid=10 true
RUN --mount=target=/a --mount=target=/b,source=sub --mount=type=tmpfs,dst=/t true
RUN --network=host --mount=type=cache,destination=/v --security=sandbox true
