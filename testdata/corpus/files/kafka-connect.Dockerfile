FROM confluentinc/cp-kafka-connect:7.7.0
ENV CONNECT_PLUGIN_PATH="/usr/share/java,/usr/share/confluent-hub-components"
RUN confluent-hub install --no-prompt debezium/debezium-connector-postgresql:2.5.4 \
 && confluent-hub install --no-prompt confluentinc/kafka-connect-s3:10.5.13
USER root
RUN sed -i 's/INFO/WARN/' /etc/kafka/connect-log4j.properties
USER appuser
