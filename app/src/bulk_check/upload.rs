//! Sends a list from where it stands, shows how far it is, and puts the answer into the page. Without JavaScript the form does it.

use leptos::prelude::*;

/// A bar and a sentence about a list on its way. They belong into the form of class `links`, which they send.
#[island]
pub fn Sending() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    window_event_listener(leptos::ev::submit, |event| {
        let _ = browser::send(&event);
    });
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

    const FAILED: &str = "The list could not be sent. Nothing is lost: try again. If the file has changed since, choose it again.";

    /// Takes a submit over, if it is the list's. While one is on its way, another is not sent.
    pub(super) fn send(event: &SubmitEvent) -> Result<(), JsValue> {
        let Some(form) = event.target().map(JsCast::unchecked_into::<HtmlFormElement>) else { return Ok(()) };
        let (Some(bar), Some(said)) = (form.query_selector(".links progress")?, form.query_selector("[role=status]")?) else {
            return Ok(());
        };
        event.prevent_default();
        let bar: HtmlProgressElement = bar.unchecked_into();
        if !bar.hidden() {
            return Ok(());
        }
        let request = XmlHttpRequest::new()?;
        request.open("POST", &form.action())?;
        request.set_response_type(XmlHttpRequestResponseType::Document);
        said.set_text_content(Some("Sending the list…"));
        bar.set_value(0.0);
        bar.set_hidden(false);
        request.upload()?.set_onprogress(Some(&listener({
            let (bar, said) = (bar.clone(), said.clone());
            move |event| {
                let event: ProgressEvent = event.unchecked_into();
                bar.set_value(event.loaded() / event.total());
                if event.loaded() >= event.total() {
                    // It is not known how long the server takes.
                    let _ = bar.remove_attribute("value");
                    said.set_text_content(Some("Checking the links…"));
                }
            }
        })));
        request.set_onloadend(Some(&listener(move |event| {
            bar.set_hidden(true);
            let answer = event.target().and_then(|request| request.unchecked_ref::<XmlHttpRequest>().response_xml().ok()?);
            if answer.as_ref().and_then(show).is_some() {
                said.set_text_content(None);
            } else {
                let lead = || answer?.query_selector(".lead").ok()??.text_content();
                said.set_text_content(lead().as_deref().or(Some(FAILED)));
            }
        })));
        request.send_with_opt_form_data(Some(&FormData::new_with_form(&form)?))
    }

    /// Puts the answer's parts in place of the page's own, and the focus on what they say first. A file that was checked is not
    /// chosen any more: the answer has its list. `None` where there is no such answer.
    fn show(answer: &Document) -> Option<()> {
        let page = document();
        for id in ["problem", "results"] {
            page.get_element_by_id(id)?.replace_with_with_node_1(&answer.get_element_by_id(id)?.into()).ok()?;
        }
        let found = |selector: &str| page.query_selector(selector).ok()?.map(Element::unchecked_into::<HtmlInputElement>);
        if found("#results h2").is_some() {
            found("#file")?.set_value("");
        }
        found("#problem [tabindex],#results [tabindex]")?.focus().ok()
    }

    fn listener(hear: impl FnMut(Event) + 'static) -> js_sys::Function {
        let hear: Box<dyn FnMut(Event)> = Box::new(hear);
        Closure::wrap(hear).into_js_value().unchecked_into()
    }
}
