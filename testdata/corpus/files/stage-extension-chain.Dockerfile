ARG BASE=prod
FROM php:8.3-cli AS common
RUN docker-php-ext-install pdo
FROM common AS dev
RUN pecl install xdebug
FROM common AS prod
RUN rm -rf /usr/src
FROM $BASE AS pick
RUN php -m
FROM pick
COPY . /app
