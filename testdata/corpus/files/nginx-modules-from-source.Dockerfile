ARG NGINX=1.26.2
FROM alpine:3.20 AS build
ARG NGINX
ARG OPTIONS="\
    --prefix=/etc/nginx \
    --with-stream \
    --with-threads"
RUN apk add --no-cache gcc libc-dev make pcre2-dev zlib-dev
ADD https://nginx.example.org/nginx-${NGINX}.tar.gz /usr/src/
RUN tar xzf /usr/src/nginx-$NGINX.tar.gz -C /usr/src
WORKDIR /usr/src/nginx-$NGINX
COPY modules ./modules
RUN ./configure $OPTIONS --add-module=modules/geo && make -j4
RUN make install DESTDIR=/dest
FROM alpine:3.20
RUN apk add --no-cache pcre2 zlib && adduser -S -D -H nginx
COPY --from=build /dest /
EXPOSE 80 443
STOPSIGNAL SIGTERM
CMD ["/etc/nginx/sbin/nginx", "-g", "daemon off;"]
