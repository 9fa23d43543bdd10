// A client of the management API with the types that are generated from its description. The test compiles it strictly, then runs it.
import createClient from "openapi-fetch";
import type { paths } from "./management-api.d.ts";

/** Changes where sign-in leads to. Returns the value before and after, or why it is refused. */
export async function changeSignIn(server: string, token: string, slug: string, value: string): Promise<{ before: unknown; after: unknown } | string | undefined> {
  const client = createClient<paths>({ baseUrl: server, headers: { authorization: `Bearer ${token}` } });
  const path = { slug };
  const read = await client.GET("/management/v1/instances/{slug}/redirects", { params: { path } });
  if (!read.data) return read.error.detail;
  const changed = await client.PATCH("/management/v1/instances/{slug}/redirects", {
    params: { path, header: { "If-Match": read.response.headers.get("etag") ?? "" }, query: { dry_run: false } },
    headers: { "content-type": "application/merge-patch+json" },
    body: { after_sign_in_url: value },
  });
  if (!changed.data) return changed.error.errors?.map((error) => error.detail).join(" ");
  const change = changed.data.changes[0];
  return change && { before: change.before, after: change.after };
}
