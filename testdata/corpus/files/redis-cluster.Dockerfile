FROM redis:7.4
LABEL version="1.0" description="three nodes in one container, \
for tests only"
RUN apt-get -q update && apt-get -q install -y runit \
    && rm -rf /var/lib/apt/lists/*
COPY nodes/ /etc/service/
COPY join.sh redis.conf /etc/redis/
RUN for n in 1 2 3; do mkdir -p /data/$n; done
EXPOSE 7001 7002 7003
ENTRYPOINT ["runsvdir"]
CMD ["/etc/service"]
