// The `data-testid`s that drive the window from outside. They are a promise to the end-to-end tests: stable, in one
// list, never translated. A row's control carries the row's own id behind a colon; segments and tabs carry their
// value behind a dash (language-tr, import-tab-refused).
//
// door       choose-passphrase-input, choose-passphrase-again, choose-passphrase-save, unlock-input, unlock-open,
//            failed-try-again, recovery-code, recovery-copy, recovery-written, recovery-done
// dialogs    dialog-unsaved, dialog-keep, dialog-throw-away (a half-typed one that Escape or the cross would close)
// shell      nav-home|campaigns|contacts|replies|templates|numbers|credits|log|figures|settings|help, nav-numbers-count, nav-replies-count, now-bar, now-name, now-done, now-wait, now-pause-all,
//            now-resume-all, toast
// welcome    start-practising, welcome-link, language-en|tr|id
// update     settings-update, settings-look-for-updates, update-this|looked|look|no-source|problem|offer|notice|news|waits|installed,
//            update-install, update-later, update-progress
// home       home-import, home-new-campaign, home-live, home-sent|delivered|read|failed|unknown|waiting, home-pause,
//            home-resume, home-open, home-free, home-attention, home-recovery, home-found:<code>, home-number:<id>,
//            home-numbercard:<id>, home-notice:<code>
//            (the recovery code opens by itself on the first visit of Home with contacts, once a start)
// contacts   contacts-count (data-count), contacts-search, contacts-standing-all|normal|gray|black, contacts-tag,
//            segment-new, segment:<name> (data-people), segment-told, segment-change, segment-delete, segment-dialog, segment-name,
//            segment-matching-all|any|none, condition:<n>, condition-kind|field|how|value|to|days|day|remove:<n>, segment-add,
//            segment-people (data-people), segment-first, segment-problem, segment-save,
//            contacts-table-sort-<column>, contacts-by-name, contacts-columns, columns-dialog, columns-shown, column:<column>, column-up|down|remove|add:<column>,
//            columns-done, contacts-earlier, acts-dialog, act, act-undo, act-undone, acts-none, bulk-write, bulk-merge,
//            person-merge, merge-dialog, merge-search, merge-with:<phone>, merge-phone-first|second, merge-<row>-first|second, merge-rules, merge-confirm,
//            contacts-import, contacts-add, contacts-table, contacts-empty; rows are `tr[data-index]`;
//            contact-dialog, contact-name, contact-phone, contact-email, contact-tags, contact-consented,
//            contact-consent-source, contact-standing-normal|gray, contact-save, contact-opt-out,
//            contact-opt-out-confirm, contact-opted-out
//            phonebook, phonebook-open, phonebook-dialog, phonebook-all-people|names, phonebook:<phone>, phonebook-take, phonebook-decline
// import     import-drop, import-choose, import-encoding, import-separator, import-country, import-consent,
//            import-consent-source, import-consent-record, import-consent-none, import-more, import-header-yes|no, import-phones-best|each,
//            import-standing, import-tags, import-table, import-column:<index>, import-row:<row>,
//            import-consent-says, import-tab-columns|refused, import-refused, import-total-new|known|twice|refused, import-why,
//            import-start, import-cancel, import-progress, import-result, import-error, import-save-refused,
//            import-other, import-done; `#/contacts/import?file=<path>` opens a list as a drop on another screen does
// campaigns  campaigns-new, campaigns-tab-all|drafts|going|over, campaigns-search, campaigns-table (its heads: campaigns-table-sort-name|state|when), campaigns-empty, campaign-row:<id> (data-state),
//            campaign-duplicate:<id>, campaign-delete:<id>
// composer   composer-name, composer-saved (data-state saved|saving|failed), step-audience|content|schedule|review, to-content,
//            to-schedule, audience-everyone, audience-tags, audience-tag:<tag>, audience-search, audience-people (data-people),
//            audience-segment:<name>, audience-people-chosen, audience-left, audience-left-tag:<tag>, audience-left-segment:<name>,
//            review-as-of,
//            audience-basis, composer-drop, composer-choose, file-row (data-verdict), file-reading, file-refused, file-remove:<id>,
//            file-as-audio:<id>, file-as-voice:<id>, drop-over, composer-text, composer-bold|italic|strike|mono, composer-emoji,
//            emoji-picker, emoji-search, emoji-group-<group>, emoji-first, composer-insert, composer-insert:<name>,
//            composer-undo, composer-redo, composer-templates, composer-choice, choice, choice-style-numbered|poll,
//            choice-question, choice-option-<n>, choice-add, choice-remove, choice-flaw, composer-test, test-dialog, test-to,
//            test-over, test-refused, test-send, template-picker, picker-search, picker-own:<id>, picker-ready:<key>,
//            picker-text, picker-keep, picker-use, counter (data-mood,
//            data-length, data-limit), composer-over, composer-allow, composer-shorten, composer-allowed, composer-too-long,
//            link-offer, link-add, link-preview (data-unsent), link-card, link-remove, link-unsent, link-refused, link-varies,
//            composer-problem, composer-warning, composer-rename, composer-plan, composer-missing, composer-fallback:<name>, fallback-dialog,
//            fallback-text, fallback-use, phone, phone-text, preview-name, preview-index, preview-previous, preview-next,
//            preview-longest, preview-emptiest
// schedule   schedule-now, schedule-at, calendar, schedule-time, schedule-past, schedule-finish, schedule-number:<id>,
//            schedule-keep-hours, to-review
// review     review-row:who|what|when|from|cost (data-state), who-gets, review-will-send, review-skipped, nothing-written,
//            skipped-show:<reason>, skipped-dialog, review-credits (data-credits), review-free, review-free-after,
//            schedule-short, schedule-only-covered, schedule-blocker, blocker-mend:<code>, review-open, schedule-refused,
//            schedule-start
// practice   practice-sample, practice-typed, practice-take, practice-refused, practice-file
// live       live-state (data-state, data-doing), live-said (the same, for screen readers), live-count-total|sent|delivered|read|failed (data-count), live-wait (data-kind), pause, resume,
//            cancel, cancel-dialog, cancel-confirm, cancel-no, retry-failed, live-again, live-tab-all|pending|sent|…, live-search,
//            recipients-table, recipient-row (data-state, data-id), recipient-panel, recipient-close, recipient-message,
//            message-dialog, recipient-opt-out, opt-out-dialog, opt-out-confirm, live-credits-settled|held|released
// report     live-report, report, report-step:audience|sent|delivered|read|answered (data-people), report-failed, report-skipped, report-see-failed|skipped,
//            report-answers, report-credits, report-cost, report-live, report-compare, report-print, report-csv, report-xlsx, report-pdf,
//            compare-dialog, compare-pick:<id>, compare-go, compare-table; `#/campaigns/<id>/report`, `#/compare?ids=<id>,<id>`
// revising   revise, reschedule, reschedule-dialog, reschedule-save, newtime-keep|all|rest, newtime-first, newtime-time, revise-start, revise-will-get (data-people),
//            revise-had (data-people), revise-with-own, revise-priority, revise-credits (data-credits), revise-held, revise-short, revise-blocker, revise-refused,
//            recipient-rewrite, rewrite-dialog, rewrite-input, rewrite-save, rewrite-everything, recipient-version, versions-open, versions-dialog, version:<number> (data-people)
// repeats    campaigns-repeats, repeat-new-calendar|occasion, repeats-empty, repeat:<id> (data-active), repeat-active:<id>, repeat-every, repeat-weekday-<0…6>, repeat-day,
//            repeat-month, repeat-until, repeat-until-day-…, repeat-times, repeat-except, repeat-bring-back, repeat-field, repeat-often, repeat-side, repeat-days, repeat-time, repeat-waits, repeat-approve,
//            repeat-blocker:<code>, repeat-practises, repeat-missed, repeat-make-up, repeat-late, repeat-next, repeat-last (data-state), repeat-edit,
//            repeat-delete, repeat-delete-dialog, repeat-delete-confirm, follow-open, follow-dialog, follow-who, follow-when, follow-go
// replies    replies-waiting, replies-words, replies-export, replies-all, replies-all-read|done, replies-show-unread|answers|near|stops|open|done,
//            replies-campaign, replies-answer, replies-number, replies-list, replies-empty, reply-row (data-id, data-unread), talk,
//            talk-name, talk-done, talk-contact, talk-judge, chat, chat-line, reply-opt-out, reply-not-meant, answer-text,
//            answer-send, answer-template, answer-away, answer-refused, file-fetch, file-save, file-picture, file-error, opt-out-dialog, opt-out-confirm;
//            `#/replies?campaign=<id>` and `#/replies?show=near` open one of the lists
// everywhere context-menu, context-undo|cut|copy|paste|all
// templates  templates-new, templates-import, templates-export, templates-tab-own|ready, templates-category, templates-search,
//            templates-table, templates-empty, template-row:<id> (data-active), template-send:<id>, template-duplicate:<id>,
//            template-delete:<id>, ready, ready-language-tr|id|en, ready-take:<key>
// template   template-category, template-language, template-active, template-sample:<name>, template-send, and the composer's own
// connect    connect-webhooks|mail, webhook-new, webhooks-empty, webhook:<name> (data-state), webhook-test|told|pause|edit|delete:<name>, webhook-answer,
//            webhook-dialog, webhook-url, webhook-name, webhook-topic-<topic>, webhook-near, webhook-renew, webhook-refused, webhook-save,
//            webhook-secret-dialog, webhook-secret, webhook-secret-copy, webhook-secret-done, webhook-delete-dialog, webhook-delete-confirm,
//            deliveries-dialog, deliveries-waiting|dead|taken, deliveries-again, deliveries-none,
//            mail-account, mail-active, mail-host, mail-security, mail-port, mail-user, mail-password, mail-from-name, mail-from-address,
//            mail-wait, mail-per-hour, mail-save, mail-test-to, mail-test, mail-answer, mail-refused, mail-trouble, mail-template,
//            mail-language-<language>, mail-subject, mail-mjml, mail-plain, mail-template-wrong, mail-template-save, mail-template-reset,
//            mail-list, mail-row (data-state), mail-switch
// numbers    numbers-link, numbers-empty, numbers-list; of each number, with its id: number-card (data-state), number-state
//            (data-state), number-primary, number-phone, number-grip (Alt and arrows move), number-more and its menu
//            number-rename|up|down|pace|unlink, number-name (while renaming), number-note-state|shut|phone|idle,
//            number-sent, number-errors, number-share, number-quota, number-pace-link, number-typing, number-names,
//            number-reconnect, number-relink, number-unlink, number-remove; number-hold; numbers of practice: number-try;
//            leave-dialog, leave-confirm, leave-no
// link       link-dialog, link-risk, link-accept, link-how-qr|code, link-stage (data-stage), link-qr, link-retry,
//            link-phone, link-ask-code, link-code, link-copy, link-other-phone, link-ended (data-end), link-refresh,
//            link-done, link-name, link-finish, link-cancel; `#/numbers/link` opens it
// credits    credits-book-practice|real, credits-free, credits-balance, credits-held (data-held), credits-topup,
//            credits-adjust, credits-export, credits-search, credits-kind-all|grant|hold|settle|release|adjust,
//            credits-when, credits-day-…, credits-campaign, credits-check, credits-statement, statement-dialog, statement-month, statement-format, statement-save,
//            credits-table, topup-credits, topup-price, topup-note, topup-save, adjust-less|more, adjust-credits,
//            adjust-reason, adjust-save
// log        log-count, log-search, log-when, log-day, log-state, log-cause, log-number, log-from, log-found, log-export, log-table, log-row
//            (data-state, data-id), log-empty, log-campaign, log-contact; `#/log?state=failed&campaign=<id>` opens it narrowed
// figures    figures-book-practice|real, figures-span, figures-number, figures-from, figures-whole-sent|delivered|read|replies|optOuts|failed (data-value),
//            figures-what-sent|delivered|read|replies|failed, figures-days, figures-heat, figures-table
// settings   settings-language-system|tr|id|en, settings-theme-system|light|dark, settings-business,
//            settings-country, settings-always, settings-from, settings-to, settings-zone; in pace-of:<id>: pace-name, pace-min,
//            pace-max, pace-batch, pace-rest, pace-hourly, pace-daily, low-dialog, low-keep, low-confirm, practice-read, practice-fail,
//            practice-unreachable, practice-delay, settings-price-text|image|video|document|voice|audio|poll
export {};
