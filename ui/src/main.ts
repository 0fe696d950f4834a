import '@fontsource-variable/figtree/index.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/more.css';
import './styles/safety.css';
import './styles/campaigns.css';
import './styles/numbers.css';
import './styles/contacts.css';
import './styles/palette.css';
import './styles/connect.css';
import './styles/access.css';
import { mount } from 'svelte';
import { connect } from './api/client';
import App from './shell/App.svelte';

await connect();
const target = document.getElementById('app');
if (target) mount(App, { target });
