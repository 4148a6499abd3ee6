FROM tomcat:8.5-jre8
MAINTAINER "Middleware <mw@example.com>"
ENV CATALINA_OPTS -Xms256m -Xmx1024m -Dfile.encoding=UTF-8
ENV TZ "Europe/Vienna"
RUN rm -rf /usr/local/tomcat/webapps/*
ADD https://repo.example.com/mysql/mysql-connector-java-5.1.49.jar /usr/local/tomcat/lib/
ADD target/intranet.war /usr/local/tomcat/webapps/ROOT.war
ADD conf/server.xml conf/context.xml /usr/local/tomcat/conf/
RUN ln -snf /usr/share/zoneinfo/$TZ /etc/localtime && echo $TZ > /etc/timezone
EXPOSE 8080 8443 8009
VOLUME ["/usr/local/tomcat/logs", "/var/lib/intranet"]
CMD ["catalina.sh", "run"]
