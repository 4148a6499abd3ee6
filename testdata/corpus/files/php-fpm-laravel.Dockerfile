ARG PHP_VERSION=8.3
FROM php:${PHP_VERSION}-fpm-alpine AS php
ARG uid=1000
ARG gid=$uid
RUN set -ex; \
    apk add --no-cache --virtual .tools $PHPIZE_DEPS icu-dev; \
    pecl install apcu; \
    docker-php-ext-enable apcu; \
    docker-php-ext-install intl pcntl; \
    apk add --no-cache "$(ldd "$(php-config --extension-dir)/intl.so" \
        | awk '/icu/ { print "so:" $1 }' \
        | sort -u \
        | tr '\n' ' ')"; \
    apk del .tools
RUN addgroup -g ${gid} web && adduser -D -u ${uid} -G web web
COPY --chown=${uid}:${gid} . /var/www/app
WORKDIR /var/www/app
USER ${uid}:${gid}
ENV LOG_CHANNEL=${LOG_CHANNEL:-stderr}
CMD ["php-fpm", "--nodaemonize"]
