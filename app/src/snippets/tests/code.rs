//! Complete blocks, as people copy them.

use crate::{
    redirects::Flow,
    snippets::{framework::Framework, tests::code_of},
};

const STORED: [(Flow, &str); 3] =
    [(Flow::SignIn, "/in?a=1&copy=$2"), (Flow::SignUp, "https://evil.com/"), (Flow::CreateOrganization, "/o?a=1&b={2}")];

#[test]
fn next_js_has_variables_and_props_with_comments_about_values_that_are_not_stored() {
    let [env, provider, organizations] = code_of(Framework::NextJs, &STORED).try_into().unwrap();
    assert_eq!(
        env,
        r#"# The portal's pages, or your application's own pages if it has them
NEXT_PUBLIC_CLERK_SIGN_IN_URL="https://accounts.myapp.com/sign-in"
NEXT_PUBLIC_CLERK_SIGN_UP_URL="https://accounts.myapp.com/sign-up"

# After sign-in
NEXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL="https://myapp.com/in?a=1&copy=\$2"
# After sign-up: the stored value is no longer allowed, so this is the home URL
NEXT_PUBLIC_CLERK_SIGN_UP_FALLBACK_REDIRECT_URL="https://myapp.com/"

# These win over a link's own redirect_url; the instance stores none:
# NEXT_PUBLIC_CLERK_SIGN_IN_FORCE_REDIRECT_URL="https://myapp.com/in?a=1&copy=\$2"
# NEXT_PUBLIC_CLERK_SIGN_UP_FORCE_REDIRECT_URL="https://myapp.com/""#
    );
    assert_eq!(
        provider,
        r#"import { ClerkProvider } from "@clerk/nextjs";

<ClerkProvider
  // After sign-out: nothing is stored, so this is the home URL
  afterSignOutUrl="https://myapp.com/"
  // Instead of the variables:
  // signInFallbackRedirectUrl="https://myapp.com/in?a=1&amp;copy=$2"
  // signUpFallbackRedirectUrl="https://myapp.com/"
>
  {children}
</ClerkProvider>"#
    );
    assert_eq!(
        organizations,
        r#"import { OrganizationSwitcher } from "@clerk/nextjs";

<OrganizationSwitcher
  // After creating an organization
  afterCreateOrganizationUrl="https://myapp.com/o?a=1&amp;b={2}"
  // After leaving an organization: nothing is stored, so this is the home URL
  afterLeaveOrganizationUrl="https://myapp.com/"
/>"#
    );
}

#[test]
fn vue_has_options_and_a_template_with_comments_before_the_tag() {
    let [plugin, organizations] = code_of(Framework::Vue, &STORED).try_into().unwrap();
    assert_eq!(
        plugin,
        r#"import { clerkPlugin } from "@clerk/vue";

app.use(clerkPlugin, {
  publishableKey: import.meta.env.VITE_CLERK_PUBLISHABLE_KEY,
  // The portal's pages, or your application's own pages if it has them
  signInUrl: "https://accounts.myapp.com/sign-in",
  signUpUrl: "https://accounts.myapp.com/sign-up",
  // After sign-in
  signInFallbackRedirectUrl: "https://myapp.com/in?a=1&copy=$2",
  // After sign-up: the stored value is no longer allowed, so this is the home URL
  signUpFallbackRedirectUrl: "https://myapp.com/",
  // After sign-out: nothing is stored, so this is the home URL
  afterSignOutUrl: "https://myapp.com/",
  // These win over a link's own redirect_url; the instance stores none:
  // signInForceRedirectUrl: "https://myapp.com/in?a=1&copy=$2",
  // signUpForceRedirectUrl: "https://myapp.com/",
});"#
    );
    assert_eq!(
        organizations,
        r#"<script setup lang="ts">
import { OrganizationSwitcher } from "@clerk/vue";
</script>

<template>
  <!-- After creating an organization -->
  <!-- After leaving an organization: nothing is stored, so this is the home URL -->
  <OrganizationSwitcher
    afterCreateOrganizationUrl="https://myapp.com/o?a=1&amp;b={2}"
    afterLeaveOrganizationUrl="https://myapp.com/"
  />
</template>"#
    );
}

#[test]
fn astro_has_variables_only_for_the_pages_and_expressions_in_its_template() {
    let [env, integration, organizations] = code_of(Framework::Astro, &STORED).try_into().unwrap();
    assert_eq!(env.lines().count(), 3);
    assert!(
        integration
            .contains("    clerk({\n      // After sign-in\n      signInFallbackRedirectUrl: \"https://myapp.com/in?a=1&copy=$2\",\n")
    );
    assert_eq!(
        organizations,
        r#"---
import { OrganizationSwitcher } from "@clerk/astro/components";
---

{/* After creating an organization */}
{/* After leaving an organization: nothing is stored, so this is the home URL */}
<OrganizationSwitcher
  afterCreateOrganizationUrl={"https://myapp.com/o?a=1&b={2}"}
  afterLeaveOrganizationUrl={"https://myapp.com/"}
/>"#
    );
}

#[test]
fn a_variable_that_was_percent_encoded_says_so() {
    let env = &code_of(Framework::Nuxt, &[(Flow::SignIn, "/$(id)")])[0];
    let said = "# Partly percent-encoded: a .env file can't contain it as it is\n";
    assert!(env.contains(&format!("{said}NUXT_PUBLIC_CLERK_SIGN_IN_FALLBACK_REDIRECT_URL=\"https://myapp.com/\\$%28id)\"\n")));
    assert!(env.contains(&format!("{said}# NUXT_PUBLIC_CLERK_SIGN_IN_FORCE_REDIRECT_URL=\"https://myapp.com/\\$%28id)\"\n")));
}
