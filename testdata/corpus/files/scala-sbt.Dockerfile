FROM sbtscala/scala-sbt:eclipse-temurin-17 AS jars
WORKDIR /s
COPY project/plugins.sbt project/build.properties project/
COPY build.sbt ./
RUN sbt -Dsbt.ci=true update
COPY src/ src/
RUN sbt stage && sha256sum target/universal/stage/lib/*.jar > /sums
FROM eclipse-temurin:17-jre
USER root
RUN getent group jobs >/dev/null || (groupadd -g 700 jobs && useradd -g 700 -u 700 jobs)
COPY --from=jars --chown=700:700 /s/target/universal/stage /opt/jobs
USER 700
ENTRYPOINT ["/opt/jobs/bin/jobs"]
CMD []
