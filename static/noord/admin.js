// Names for what the admin's own scripts draw: a screen reader hears nothing where it finds an unnamed box.
"use strict";
{
    const textOf = select => {
        const label = select.labels && select.labels[0];
        return select.getAttribute("aria-label") || (label ? label.textContent.trim().replace(/:$/, "") : "");
    };

    const name = root => {
        for (const select of root.querySelectorAll("select.select2-hidden-accessible")) {
            const box = select.nextElementSibling, text = textOf(select);
            if (!text || !box || !box.matches(".select2-container")) continue;
            for (const part of box.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field")) {
                part.removeAttribute("aria-labelledby");
                part.setAttribute("aria-label", part.matches("[role=textbox]") && part.textContent.trim()
                    ? `${text}: ${part.textContent.replace(/^×/, "").trim()}` : text);
            }
        }
        // A list may hold nothing but items, and Select2 puts a cross between them.
        for (const list of root.querySelectorAll("ul.select2-selection__rendered"))
            for (const part of [list, ...list.querySelectorAll(":scope > li")]) part.setAttribute("role", "presentation");
        for (const icon of root.querySelectorAll("span.help-tooltip[aria-label]")) icon.setAttribute("role", "img");
    };

    // Select2 draws after the page is ready, and again at every choice and in every new row.
    addEventListener("load", () => {
        name(document);
        let waiting = false;
        new MutationObserver(() => {
            if (waiting) return;
            waiting = true;
            requestAnimationFrame(() => { waiting = false; name(document); });
        }).observe(document.getElementById("content-start") || document.body, {childList: true, subtree: true});
    });
}
