//! The files of an application that contain settings besides the variables, for each framework.

use super::{
    framework::Framework,
    template::{Syntax, Template},
};

/// A file with settings.
#[derive(Clone, Debug)]
pub(super) struct SettingsFile {
    pub(super) title: &'static str,
    /// A description; code is between backticks.
    pub(super) about: &'static str,
    pub(super) file: &'static str,
    pub(super) template: Template,
}

const PROVIDER_TAIL: &str = ">\n  {children}\n</ClerkProvider>";

impl Framework {
    /// The file with the settings of the whole application.
    pub(super) fn settings(self) -> SettingsFile {
        let provider = |file, about, imports: &str, open, tail| SettingsFile {
            title: "Provider",
            about,
            file,
            template: Template {
                head: format!("import {{ ClerkProvider }} from \"{}\";\n{imports}\n", self.package()),
                open,
                syntax: Syntax::Attributes,
                indent: 2,
                tail,
            },
        };
        let options = |title, about, file, head: &str, open, indent, tail| SettingsFile {
            title,
            about,
            file,
            template: Template { head: head.to_owned(), open, syntax: Syntax::Properties, indent, tail },
        };
        let one_prop = "Props of `<ClerkProvider>`: where people go after sign-out, and what you can set here instead of the variables.";
        match self {
            Self::NextJs => provider("app/layout.tsx", one_prop, "", "<ClerkProvider\n", PROVIDER_TAIL),
            Self::ReactRouter => provider(
                "app/root.tsx",
                one_prop,
                "import { Outlet } from \"react-router\";\n",
                "<ClerkProvider\n  loaderData={loaderData}\n",
                ">\n  <Outlet />\n</ClerkProvider>",
            ),
            Self::TanStackStart => provider("src/routes/__root.tsx", one_prop, "", "<ClerkProvider\n", PROVIDER_TAIL),
            Self::React => provider(
                "src/main.tsx",
                "Plain React has no environment variables for these settings: they are props of `<ClerkProvider>`.",
                "import App from \"./App\";\n",
                "<ClerkProvider\n  publishableKey={import.meta.env.VITE_CLERK_PUBLISHABLE_KEY}\n",
                ">\n  <App />\n</ClerkProvider>",
            ),
            Self::Nuxt => options(
                "Module options",
                "Options of the module: where people go after sign-out, and what you can set here instead of the variables.",
                "nuxt.config.ts",
                "",
                "export default defineNuxtConfig({\n  modules: [\"@clerk/nuxt\"],\n  clerk: {\n",
                4,
                "  },\n});",
            ),
            Self::Astro => options(
                "Integration options",
                "Options of the integration: where people go after sign-in, sign-up and sign-out.",
                "astro.config.mjs",
                "import clerk from \"@clerk/astro\";\nimport { defineConfig } from \"astro/config\";\n\n",
                "export default defineConfig({\n  integrations: [\n    clerk({\n",
                6,
                "    }),\n  ],\n});",
            ),
            Self::Vue => options(
                "Plugin options",
                "Plain Vue has no environment variables for these settings: they are options of the plugin.",
                "src/main.ts",
                "import { clerkPlugin } from \"@clerk/vue\";\n\n",
                "app.use(clerkPlugin, {\n  publishableKey: import.meta.env.VITE_CLERK_PUBLISHABLE_KEY,\n",
                2,
                "});",
            ),
        }
    }

    /// The file that shows organizations.
    pub(super) fn organizations(self) -> SettingsFile {
        let import = |package: &str| format!("import {{ OrganizationSwitcher }} from \"{package}\";\n");
        let vue = |head| Template {
            head,
            open: "  <OrganizationSwitcher\n",
            syntax: Syntax::VueAttributes,
            indent: 4,
            tail: "  />\n</template>",
        };
        let jsx = |head, syntax| Template { head, open: "<OrganizationSwitcher\n", syntax, indent: 2, tail: "/>" };
        let (file, template) = match self {
            // Nuxt imports components by itself.
            Self::Nuxt => ("Any .vue component", vue("<template>\n".to_owned())),
            Self::Vue => {
                let import = import(self.package());
                ("Any .vue component", vue(format!("<script setup lang=\"ts\">\n{import}</script>\n\n<template>\n")))
            }
            Self::Astro => {
                let import = import("@clerk/astro/components");
                ("Any .astro component", jsx(format!("---\n{import}---\n\n"), Syntax::AstroAttributes))
            }
            Self::NextJs | Self::ReactRouter | Self::TanStackStart | Self::React => {
                ("Any .tsx component", jsx(format!("{}\n", import(self.package())), Syntax::Attributes))
            }
        };
        SettingsFile {
            title: "Organizations",
            about: "Props of `<OrganizationSwitcher>`. `<CreateOrganization>` also takes the first one, and `<OrganizationProfile>` the second one.",
            file,
            template,
        }
    }
}
