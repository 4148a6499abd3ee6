FROM continuumio/miniconda3:24.7.1-0
WORKDIR /opt/lab
COPY environment.yml .
RUN conda env create -f environment.yml && conda clean -afy
SHELL ["conda", "run", "-n", "lab", "/bin/bash", "-c"]
RUN echo "Make sure numpy is installed:" && python -c "import numpy"
COPY notebooks/ ./notebooks
EXPOSE 8888
ENTRYPOINT ["conda", "run", "--no-capture-output", "-n", "lab", "jupyter", "lab", "--ip=0.0.0.0", "--allow-root"]
