FROM debian:bookworm
RUN dpkg --add-architecture i386 && apt-get update && apt-get install -y --no-install-recommends wine wine32:i386 xvfb lib32gcc-s1 && rm -rf /var/lib/apt/lists/*
ENV WINEPREFIX=/data/wine WINEARCH=win64 DISPLAY=:0
RUN useradd -m steam
USER steam
ADD --chown=steam:steam https://cdn.example.com/client/installer/steamcmd_linux.tar.gz /home/steam/
EXPOSE 7777/udp 27015/udp 8888/tcp
VOLUME ["/data"]
ENTRYPOINT ["/home/steam/start.sh"]
