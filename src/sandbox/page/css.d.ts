declare module '*.css';
declare module '@fontsource-variable/inter/wght.css';
declare module 'slack-blocks-to-jsx/dist/style.css';
