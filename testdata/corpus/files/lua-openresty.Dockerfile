FROM openresty/openresty:1.25.3.2-alpine-fat
RUN luarocks install lua-resty-jwt \
 && luarocks install lua-resty-http
COPY lua/ /usr/local/openresty/nginx/lua/
COPY nginx.conf /usr/local/openresty/nginx/conf/nginx.conf
EXPOSE 8080/tcp 8080/udp 9000-9003
