// In the browser: who is signed in, for a page at https://myapp.com.
export async function getSession() {
  const response = await fetch("https://accounts.myapp.com/v1/session", { credentials: "include" });
  if (!response.ok) throw new Error(`the portal answered ${response.status}`);
  return response.json();
}

// For calls to your server. A token lasts a minute, so ask for it each time: the portal signs a new one only every 30 seconds.
export async function authorization() {
  const { token } = await getSession();
  return token ? { authorization: `Bearer ${token}` } : {};
}

// Leads to the sign-in page, and back to this one.
export function signIn(session) {
  location.href = `${session.sign_in_url}?redirect_url=${encodeURIComponent(location.href)}`;
}

export async function signOut() {
  await fetch("https://accounts.myapp.com/v1/session/end", { method: "POST", credentials: "include" });
}
