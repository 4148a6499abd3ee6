FROM php:8.3-apache
ENV DOCROOT /var/www/wiki/public
RUN sed -i -e 's!/var/www/html!${DOCROOT}!' /etc/apache2/sites-enabled/*.conf
RUN apt-get update && apt-get install -y \
		libicu-dev \
		libpng-dev \
	&& docker-php-ext-install -j$(nproc) gd intl
RUN a2enmod rewrite
COPY --from=composer:2 /usr/bin/composer /usr/bin/composer
WORKDIR /var/www/wiki
COPY composer.json composer.lock ./
RUN composer install --no-dev --no-autoloader
COPY . .
RUN composer dump-autoload -o && chown -R www-data: var
