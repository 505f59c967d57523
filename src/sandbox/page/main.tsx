import '@fontsource-variable/inter/wght.css';
import 'slack-blocks-to-jsx/dist/style.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/message.css';
import './styles/fields.css';
import './styles/dialog.css';
import './styles/tools.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
