FROM eclipse-temurin:17-jdk
ENV ANDROID_HOME /opt/sdk
ENV SDK_API   34
ENV BUILD_TOOLS    "34.0.0"
ENV PATH=${PATH}:$ANDROID_HOME/tools/bin:${ANDROID_HOME}/platform-tools
ADD https://dl.example.org/android/tools-linux-111.zip /tmp/tools.zip
RUN jar xf /tmp/tools.zip && mkdir -p "$ANDROID_HOME" && mv cmdline-tools $ANDROID_HOME/tools; \
    yes y | sh $ANDROID_HOME/tools/bin/sdkmanager "platforms;android-${SDK_API}" \
        "build-tools;$BUILD_TOOLS" > /dev/null
