//! `bindgen WASM DIRECTORY`: writes the wasm and its script for the browser into a directory, as `portal-redirects_bg.wasm` and
//! `portal-redirects.js`.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, directory] = arguments.as_slice() else {
        eprintln!("usage: bindgen WASM DIRECTORY");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("portal-redirects").typescript(false);
    match bindgen.web(true).and_then(|bindgen| bindgen.generate(directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
