FROM wordpress:6.6-php8.2-apache
ARG PLUGINS="akismet jetpack"
RUN for p in $PLUGINS; do curl -fsSLO "https://downloads.example.org/plugin/$p.zip" && unzip -q $p.zip -d /usr/src/wordpress/wp-content/plugins && rm $p.zip; done
COPY --from=wordpress:cli /usr/local/bin/wp /usr/local/bin/wp
COPY uploads.ini $PHP_INI_DIR/conf.d/
