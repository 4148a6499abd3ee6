FROM gradle:8.10-jdk17 AS jar
USER gradle
WORKDIR /home/gradle/mail
COPY --chown=gradle *.gradle.kts gradle.properties ./
COPY --chown=gradle gradle gradle
RUN gradle --no-daemon dependencies >/dev/null || true
COPY --chown=gradle src src
RUN gradle --no-daemon shadowJar
FROM amazoncorretto:17
EXPOSE 2525:25
COPY --from=jar /home/gradle/mail/build/libs/*-all.jar /mail.jar
ENTRYPOINT ["java","-jar","/mail.jar"]
