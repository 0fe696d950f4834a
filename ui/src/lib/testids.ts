// The `data-testid`s that drive the window from outside. They are a promise to the end-to-end tests: stable,
// in one place, never translated. Row controls get the row's own id behind a colon.
//
// door       choose-passphrase-input, choose-passphrase-again, choose-passphrase-save, unlock-input, unlock-open, failed-try-again,
//            recovery-code, recovery-copy, recovery-written, recovery-done
// shell      nav-home, nav-campaigns, nav-contacts, nav-credits, nav-settings, nav-help, now-bar, now-name, now-wait,
//            now-pause-all, now-resume-all, toast
// welcome    start-practising, language-en, language-tr, language-id
// home       home-import, home-new-campaign, home-live, home-sent, home-delivered, home-read, home-failed, home-waiting,
//            home-pause, home-resume, home-open, home-free, home-attention
// contacts   contacts-count, contacts-search, contacts-standing-all|normal|gray|black, contacts-import, contacts-add, contacts-table,
//            contact-name, contact-phone, contact-email, contact-tags, contact-save, contact-opt-out, contact-opt-out-confirm
// import     import-drop, import-choose, import-path, import-encoding, import-separator, import-country, import-header, import-table,
//            import-column:<n>, import-row:<row>, import-tab-preview, import-tab-refused, import-total-new|known|twice|refused,
//            import-why, import-start, import-cancel, import-progress, import-result, import-save-refused, import-other, import-done
// credits    credits-book-practice, credits-book-real, credits-free, credits-balance, credits-held, credits-topup, credits-adjust,
//            credits-export, credits-search, credits-kind-all|grant|hold|settle|release|adjust, credits-table, topup-credits,
//            topup-price, topup-note, topup-save, adjust-credits, adjust-reason, adjust-save
// settings   settings-language, settings-theme, settings-country, settings-business, settings-from, settings-to, settings-zone,
//            pace-…, practice-…, settings-saved
export {};
