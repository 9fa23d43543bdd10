//! `man` and `completions`: what packages install beside the binary, made from the command line's own description.

use std::{
    fs::{self, File},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;

/// The name of the binary.
const NAME: &str = "portal-redirects";

/// Writes the manual pages into that folder: one of the program, one of each of its commands.
///
/// # Errors
/// A file can't be written.
pub(crate) fn write_man_pages(folder: &Path) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    for (name, page) in man_pages() {
        let path = folder.join(name);
        let written = File::create(&path).and_then(|mut file| page.render(&mut file));
        written.with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a shell's completions.
pub(crate) fn print_completions(shell: Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut std::io::stdout());
    ExitCode::SUCCESS
}

/// Each page with the name of its file.
fn man_pages() -> Vec<(String, Man)> {
    let mut whole = Cli::command().disable_help_subcommand(true).override_usage("portal-redirects [OPTIONS] [COMMAND]");
    whole.build();
    let mut commands = vec![whole.clone()];
    let mut pages = Vec::new();
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let is_whole = command.get_name() == whole.get_name();
        let page = if is_whole { Man::new(command) } else { Man::new(without_shared_options(command)) };
        let page = page.source(format!("{NAME} {}", env!("CARGO_PKG_VERSION"))).manual("Portal Redirects");
        pages.push((page.get_filename(), page));
    }
    pages
}

/// A command without the options that all commands share: its page names the page where they are.
fn without_shared_options(command: Command) -> Command {
    let command = command.mut_args(|option| {
        let is_shared = option.is_global_set();
        option.hide(is_shared)
    });
    command.after_long_help(format!("The options of {NAME}(1) apply as well."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(page: &Man) -> String {
        let mut text = Vec::new();
        page.render(&mut text).unwrap();
        String::from_utf8(text).unwrap().replace("\\-", "-")
    }

    #[test]
    fn every_command_has_a_page_with_its_own_options() {
        let pages = man_pages();
        let page = |name: &str| rendered(&pages.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("{name}")).1);
        let mut whole = Cli::command();
        whole.build();
        for command in whole.get_subcommands().filter(|command| command.get_name() != "help") {
            let text = page(&format!("portal-redirects-{}.1", command.get_name()));
            assert!(text.contains("The options of portal-redirects(1) apply as well.") && !text.contains("--database-url\\f"), "{text}");
            for option in command.get_arguments().filter(|option| !option.is_global_set()).filter_map(|option| option.get_long()) {
                assert!(text.contains(&format!("--{option}")), "{option}");
            }
        }
        assert!(page("portal-redirects-admin-invite.1").contains("--owner"));
        let text = page("portal-redirects.1");
        assert!(text.contains("--database-url") && text.contains("PORTAL_REDIRECTS_LISTEN"), "{text}");
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), NAME, &mut text);
            let text = String::from_utf8(text).unwrap();
            for wanted in ["healthcheck", "resolve", "invite", "database-url", "insecure-http"] {
                assert!(text.contains(wanted), "{shell} {wanted}");
            }
        }
    }
}
