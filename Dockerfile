# docker build -t policygen . && docker run --rm -v "$PWD:/work" policygen lint
FROM python:3.13-slim
COPY . /src
RUN pip install --no-cache-dir "/src[aws,formats]" && rm -rf /src && useradd --create-home policygen
USER policygen
WORKDIR /work
ENTRYPOINT ["policygen"]
