//! Uploads a list in the background, shows the progress, and puts the results into the page, and so does each button that shows other
//! results. Without JavaScript the forms are posted as usual.

use leptos::prelude::*;

/// A progress bar and a status line. They must stand inside the form of class `links`, which they upload.
#[island]
pub fn UploadProgress() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        window_event_listener(leptos::ev::submit, |event| {
            let _ = browser::send(&event);
        });
    }
    view! {
        <progress max="1" hidden aria-label="Sending"></progress>
        <p role="status"></p>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::{
        Document, Element, Event, FormData, HtmlFormElement, HtmlInputElement, HtmlProgressElement, ProgressEvent, SubmitEvent,
        XmlHttpRequest, XmlHttpRequestResponseType, js_sys,
    };

    const FAILED: &str =
        "The list could not be sent. Nothing is lost: try again. If the file has changed in the meantime, choose it again.";

    /// Takes over the submit of the list's form, and of the buttons that show other results of it: they have their own address. While an
    /// upload is running, another submit does nothing.
    pub(super) fn send(event: &SubmitEvent) -> Result<(), JsValue> {
        let Some(form) = event.target().map(JsCast::unchecked_into::<HtmlFormElement>) else { return Ok(()) };
        let is_list = form.matches(".links")?;
        let shows = event.submitter().filter(|_| form.matches("#results form").unwrap_or_default());
        let Some(address) = shows.and_then(|button| button.get_attribute("formaction")).or_else(|| is_list.then(|| form.action())) else {
            return Ok(());
        };
        let page = document();
        let (Some(bar), Some(status)) = (page.query_selector(".links progress")?, page.query_selector(".links [role=status]")?) else {
            return Ok(());
        };
        event.prevent_default();
        let bar: HtmlProgressElement = bar.unchecked_into();
        if !bar.hidden() {
            return Ok(());
        }
        let request = XmlHttpRequest::new()?;
        request.open("POST", &address)?;
        request.set_response_type(XmlHttpRequestResponseType::Document);
        status.set_text_content(Some("Sending the list…"));
        bar.set_value(0.0);
        bar.set_hidden(false);
        request.upload()?.set_onprogress(Some(&listener({
            let (bar, status) = (bar.clone(), status.clone());
            move |event| {
                let event: ProgressEvent = event.unchecked_into();
                bar.set_value(event.loaded() / event.total());
                if event.loaded() >= event.total() {
                    // Nobody knows how long the server takes.
                    let _ = bar.remove_attribute("value");
                    status.set_text_content(Some("Checking the links…"));
                }
            }
        })));
        request.set_onloadend(Some(&listener(move |event| {
            bar.set_hidden(true);
            let answer = event.target().and_then(|request| request.unchecked_ref::<XmlHttpRequest>().response_xml().ok()?);
            if answer.as_ref().and_then(|answer| show(answer, is_list)).is_some() {
                status.set_text_content(None);
            } else {
                let lead = || answer?.query_selector(".lead").ok()??.text_content();
                status.set_text_content(lead().as_deref().or(Some(FAILED)));
                status.scroll_into_view();
            }
        })));
        request.send_with_opt_form_data(Some(&FormData::new_with_form(&form)?))
    }

    /// Replaces the page's results with those of the response, and focuses their heading. If the list was sent, the file field is emptied,
    /// because the response has its list. `None` if the response has no results.
    fn show(answer: &Document, is_list: bool) -> Option<()> {
        let page = document();
        for id in ["problem", "results"] {
            page.get_element_by_id(id)?.replace_with_with_node_1(&answer.get_element_by_id(id)?.into()).ok()?;
        }
        let found = |selector: &str| page.query_selector(selector).ok()?.map(Element::unchecked_into::<HtmlInputElement>);
        if is_list && found("#results h2").is_some() {
            found("#file")?.set_value("");
        }
        found("#problem [tabindex],#results [tabindex]")?.focus().ok()
    }

    fn listener(on_event: impl FnMut(Event) + 'static) -> js_sys::Function {
        let on_event: Box<dyn FnMut(Event)> = Box::new(on_event);
        Closure::wrap(on_event).into_js_value().unchecked_into()
    }
}
