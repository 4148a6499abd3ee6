#= clocks, random numbers, archives
#! 2 Unreproducible: the time of the build is part of the result
#! 3 Unreproducible: the time of the build is part of the result
#! 4 Unreproducible: a random number is part of the result
#! 5 Unreproducible: a random number is part of the result
#! 6 Unreproducible: a new key is part of the result
#! 7 Unreproducible: an archive has the times and the order of its files
#! 8 Unreproducible: an archive has the times of its files
#! 9 Unreproducible: files are taken in the order in which the disk has them
#! 10 Unreproducible: a new key is part of the result
FROM x:1
RUN date > /build-time
RUN go build -ldflags "-X main.date=$(date +%s)" .
RUN echo $RANDOM > /a
RUN head -c 16 /dev/urandom > /key
RUN ssh-keygen -t ed25519 -f /etc/key
RUN tar -czf /a.tar.gz /a
RUN cd /a && zip -r a.zip b
RUN find /a -type f -print0 | tar --sort=name --mtime=@0 -cf /a.tar --null -T -
RUN openssl req -new -x509 -nodes -out /cert
HEALTHCHECK NONE
#= what is the same each time
FROM x:1
RUN date; echo "started at $(date)"
RUN date --utc --date="@$EPOCH" > /a && date -d @0 > /b
RUN tar -xzf /a.tar.gz && tar xf b.tar --strip-components=1 && tar --sort=name --mtime=@0 -cf /c.tar /c
RUN find /a | sort | sha256sum > /sums && find /a | cpio -pdm /b
RUN openssl version && unzip a.zip && zip -X a.zip b
RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*
HEALTHCHECK NONE
#= logs, where it matters
#! 3 Unreproducible: a log with times is left in the layer
FROM x:1
ARG SOURCE_DATE_EPOCH
RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*
RUN apt-get install -y a && rm -rf /var/lib/apt/lists/* /var/log/*
RUN --mount=type=tmpfs,target=/var/log apt-get install -y a
HEALTHCHECK NONE
#= a request with a key that is there
#! 3 Unreproducible: a new key is part of the result
FROM debian:12
RUN openssl req -new -key /a.key -out /a.csr
RUN openssl req -new -newkey rsa:4096 -keyout /a.key -out /a.csr
