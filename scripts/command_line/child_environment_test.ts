import { assertEquals } from "@std/assert";
import { forOlderDeno, passedOn } from "./child_environment.ts";

const from = (variables: Record<string, string>) => (name: string) => variables[name];

Deno.test("certificates, proxies and registry reach a child process, in capitals and in small letters", () => {
  const settings = {
    NODE_EXTRA_CA_CERTS: "/etc/company.pem",
    SSL_CERT_DIR: "/etc/ssl/certs",
    SSL_CERT_FILE: "/etc/ssl/one.pem",
    DENO_CERT: "/etc/other.pem",
    DENO_TLS_CA_STORE: "system",
    HTTPS_PROXY: "http://127.0.0.1:1",
    https_proxy: "http://127.0.0.1:2",
    http_proxy: "http://127.0.0.1:3",
    no_proxy: "127.0.0.1",
    NPM_CONFIG_REGISTRY: "https://registry.example",
    npm_config_registry: "https://registry.example/other",
  };
  assertEquals(passedOn(from(settings)), settings);
});

Deno.test("nothing else of the caller's environment does", () => {
  assertEquals(
    passedOn(from({ HOME: "/home/me", AWS_SECRET_ACCESS_KEY: "private", npm_config_yes: "true" })),
    {
      HOME: "/home/me",
    },
  );
});

Deno.test("an older Deno gets Node's certificates in its own variable, unless that is set", () => {
  assertEquals(forOlderDeno(from({ NODE_EXTRA_CA_CERTS: "/a.pem" })), { DENO_CERT: "/a.pem" });
  assertEquals(forOlderDeno(from({ NODE_EXTRA_CA_CERTS: "/a.pem", DENO_CERT: "/b.pem" })), {});
  assertEquals(forOlderDeno(from({})), {});
});
