FROM alpine
LABEL описание="Проверка" 作者='山田' emoji=🐳
RUN echo "naïve café — „Grüße“" > /größe.txt
ENV ГОРОД=Вена
WORKDIR /données/$ГОРОД
COPY <<ÉOF /x
çà et là
ÉOF
