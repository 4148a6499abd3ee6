FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /build
COPY pom.xml .
COPY core/pom.xml core/
COPY web/pom.xml web/
RUN --mount=type=cache,target=/root/.m2 mvn -B -q dependency:go-offline
COPY core/src core/src
COPY web/src web/src
RUN --mount=type=cache,target=/root/.m2 mvn -B -DskipTests package && \
    java -Djarmode=layertools -jar web/target/web.jar extract --destination /layers

FROM eclipse-temurin:21-jre
RUN useradd --system --uid 10001 spring
WORKDIR /application
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /layers/application/ ./
USER spring
ENV JAVA_TOOL_OPTIONS="-XX:MaxRAMPercentage=75.0"
HEALTHCHECK --interval=10s --start-interval=1s --start-period=1m CMD curl -fs http://localhost:8080/actuator/health || exit 1
ENTRYPOINT ["java", "org.springframework.boot.loader.launch.JarLauncher"]
