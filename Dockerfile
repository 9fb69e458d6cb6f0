# One image for all services; the command says which one runs: node services/analytics/src/main.ts
# Node strips the types as it loads a module, but not under node_modules: the image keeps the workspace as it is.

FROM node:24.21.0-bookworm-slim AS install
WORKDIR /app
ENV CI=true
RUN npm install --global pnpm@12.21.0
COPY . .
# What is downloaded is kept for the next build, and out of the image.
RUN --mount=type=cache,target=/pnpm pnpm install --prod --frozen-lockfile --store-dir /pnpm

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    TENURE_DATA=/data
WORKDIR /app
RUN install -d -o node -g node /data
COPY --from=install /app ./
USER node
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TENURE_PORT ?? 8080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/standalone/src/main.ts"]
