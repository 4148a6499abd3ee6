FROM rocker/shiny:4.4.1
RUN apt-get update && apt-get install -y --no-install-recommends libcurl4-gnutls-dev libssl-dev libxml2-dev && rm -rf /var/lib/apt/lists/*
RUN R -e 'install.packages(c("shinydashboard", "ggplot2", "dplyr"), repos = "https://cran.example.org")'
RUN install2.r --error --skipinstalled --ncpus -1 \
    data.table \
    DT \
    plotly
COPY app.R /srv/shiny-server/
COPY data /srv/shiny-server/data
EXPOSE 3838
CMD ["/usr/bin/shiny-server"]
