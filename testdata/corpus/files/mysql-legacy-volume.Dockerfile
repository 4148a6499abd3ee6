FROM mysql:5.6
MAINTAINER dba
ENV MYSQL_ROOT_PASSWORD=changeme MYSQL_DATABASE=crm
COPY my.cnf /etc/mysql/conf.d/
VOLUME ["/var/lib/mysql"]
VOLUME /backup /etc/mysql/keys
EXPOSE 3306
