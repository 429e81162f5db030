/** VitePress's own theme, with room for code of a hundred columns. */
import DefaultTheme from 'vitepress/theme';
import './wide.css';

export default DefaultTheme;
